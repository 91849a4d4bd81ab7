// pg, unmodified, against PostgreSQL: everything that a program commonly does with one.
import { stack } from "@soloist/net";
import { parameter, run } from "@soloist/runtime";
import pg from "pg";

const server = parameter("server", { help: "address of the server", placeholder: "ADDRESS", parse: (text) => text });

run([stack({ name: "service" }), server], async (_net, host) => {
  const settings = { host: host!, port: 5432, user: "guest", password: "pässword", database: "postgres" };
  const client = new pg.Client(settings);
  await client.connect();

  await client.query("create table links (id serial primary key, name text not null, made timestamptz, tags text[])");
  const inserted = await client.query(
    "insert into links (name, made, tags) values ($1, $2, $3), ($4, $5, $6) returning id",
    ["größer", new Date("2026-01-02T03:04:05Z"), ["a", "b c"], "second", null, null],
  );
  console.log("inserted", inserted.rowCount, JSON.stringify(inserted.rows));
  console.log("selected", JSON.stringify((await client.query("select * from links order by id")).rows));

  const prepared = { name: "by-id", text: "select name from links where id = $1" };
  const names = [];
  for (const id of [1, 2, 1]) names.push((await client.query({ ...prepared, values: [id] })).rows[0].name);
  console.log("prepared", names.join(","));

  await client.query("begin");
  await client.query("delete from links");
  await client.query("rollback");
  console.log("rolled back", (await client.query("select count(*)::int as count from links")).rows[0].count);

  const many = await client.query("select n, repeat('x', 100) as text from generate_series(1, 5000) as n");
  console.log("many", many.rows.length, many.rows[4999].n, many.rows[4999].text.length);
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
  const back = (await client.query("select $1::bytea as data", [bytes])).rows[0].data;
  console.log("bytea", bytes.equals(back));
  try {
    await client.query("select * from nowhere");
  } catch (error) {
    console.log("no table", (error as { code?: string }).code);
  }
  await client.end();

  const wrong = new pg.Client({ ...settings, password: "wrong" });
  try {
    await wrong.connect();
  } catch (error) {
    console.log("wrong password", (error as { code?: string }).code);
  }

  const pool = new pg.Pool({ ...settings, max: 3 });
  const sums = await Promise.all([1, 2, 3, 4, 5, 6].map((n) => pool.query("select $1::int * 2 as twice", [n])));
  console.log("pool", sums.map(({ rows }) => rows[0].twice).join(","), pool.totalCount);
  await pool.end();
});
