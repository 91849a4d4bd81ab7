// ioredis, unmodified, against a Redis server: everything that a program commonly does with one.
import { stack } from "@soloist/net";
import { parameter, run } from "@soloist/runtime";
import { Redis } from "ioredis";

const server = parameter("server", { help: "address of the server", placeholder: "ADDRESS", parse: (text) => text });

run([stack({ name: "service" }), server], async (_net, host) => {
  const redis = new Redis({ host: host!, port: 6379, password: "secret" });
  redis.on("error", (error) => console.log(`error ${error.message}`));

  console.log("set", await redis.set("greeting", "Grüße aus dem Unikernel"));
  console.log("get", await redis.get("greeting"));
  console.log("missing", await redis.get("nothing"));
  console.log("buffer", (await redis.getBuffer("greeting"))!.length);

  const big = "0123456789".repeat(100_000);
  await redis.set("big", big);
  console.log("big", (await redis.get("big")) === big);

  const pipeline = redis.pipeline();
  for (let index = 0; index < 1000; index++) pipeline.incrby("sum", index);
  const results = await pipeline.exec();
  console.log("pipeline", results!.length, results!.at(-1)![1]);

  console.log("multi", JSON.stringify(await redis.multi().lpush("list", "a", "b").lrange("list", 0, -1).exec()));
  console.log("hash", await redis.hset("hash", { one: 1, two: 2 }), JSON.stringify(await redis.hgetall("hash")));
  try {
    await redis.lpush("greeting", "x");
  } catch (error) {
    console.log("wrong type", (error as Error).message.slice(0, 9));
  }

  const subscriber = redis.duplicate();
  const heard = new Promise<string>((resolve) => {
    subscriber.on("message", (channel, message) => resolve(`${channel}: ${message}`));
  });
  console.log("subscribed", await subscriber.subscribe("news"));
  console.log("published", await redis.publish("news", "it boots"));
  console.log("heard", await heard);
  await subscriber.quit();

  console.log("quit", await redis.quit());
});
