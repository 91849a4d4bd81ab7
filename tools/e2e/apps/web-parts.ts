// What of packages/web leans on the engine: cryptography, compression, forms, timers.
import { stack } from "@soloist/net";
import { run } from "@soloist/runtime";
import {
  compress,
  cookieSessions,
  createApp,
  DecompressionStream,
  eddsaVerifier,
  etag,
  eventStream,
  htmlStream,
  jwtVerifier,
  Response,
  requestId,
  sealedCookies,
  secureHeaders,
  serve,
  signedCookies,
  staticFiles,
  timeout,
} from "@soloist/web";

// A test's key: a real one comes from outside of the image.
const key = Uint8Array.from({ length: 32 }, (_, index) => index);
const sessions = cookieSessions<{ visits: number }>(sealedCookies([key]));
const signer = signedCookies([key]);

const text = Uint8Array.from("0123456789", (unit) => unit.charCodeAt(0));
const identity = { encoding: "identity", bytes: text, etag: '"ten"' };
const date = "Fri, 02 Jan 2026 00:00:00 GMT";
const ten = { type: "text/plain", lastModified: date, modified: 1767312000, identity, variants: [identity] };

async function* ticks() {
  for (let id = 1; id <= 3; id++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    yield { id: String(id), data: `tick ${id}` };
  }
}

// RFC 8037 A.2.
const verify = eddsaVerifier(
  Uint8Array.from(atob("11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="), (unit) => unit.charCodeAt(0)),
);

interface Claim {
  readonly format: "jwk" | "spki";
  /** A JWK, or base64. */
  readonly key: object | string;
  readonly algorithm: { name: string; namedCurve?: string; hash?: string };
  readonly alg: string;
  readonly token: string;
}

/** What a token says, by a key that comes along with it; at the epoch, when none has expired. */
async function claims({ format, key, algorithm, alg, token }: Claim): Promise<unknown> {
  const data = typeof key === "string" ? Uint8Array.from(atob(key), (unit) => unit.charCodeAt(0)) : key;
  const imported = await crypto.subtle.importKey(format, data, algorithm, true, ["verify"]);
  return jwtVerifier(imported, { algorithms: [alg], now: () => new Date(0) })(token);
}

/** Why handlers were given up. */
const reasons: string[] = [];
/** Never answers, unless it is given up. */
const wait = ({ request: { signal } }: { request: { signal: AbortSignal } }) =>
  new Promise<string>((resolve) => {
    signal.addEventListener("abort", () => {
      reasons.push((signal.reason as { code: string }).code);
      resolve("too late");
    });
  });

const app = createApp<{ greeting: string }>()
  .device("greeter", ({ greeting }) => ({ greet: (name: string) => `${greeting} ${name}` }))
  .use(requestId(), secureHeaders(), compress(), etag(), timeout(0.5))
  .get("/visits", async ({ request }) => {
    const visits = ((await sessions.load(request))?.visits ?? 0) + 1;
    const response = new Response(`${visits}`);
    await sessions.save(response, { visits });
    return response;
  })
  .get("/signed", async ({ query }) => {
    const given = query.get("value");
    return given === null ? signer.seal("who", "ada") : `${await signer.open("who", given)}`;
  })
  .get("/ed25519", async ({ query }) => (await verify(query.get("token") ?? "")) ?? "does not hold")
  .post("/jwt", async ({ request }) => {
    const claim = (await request.json()) as Claim;
    return claims(claim).then(
      (found) => (found === undefined ? "does not hold" : JSON.stringify(found)),
      (error: Error) => error.name,
    );
  })
  .get("/greeting/:name", ({ params, env }) => env.greeter.greet(params.name))
  .get(
    "/page",
    () => htmlStream`<p>${"<&>"}</p>${new Promise<string>((resolve) => setTimeout(() => resolve("later"), 20))}`,
  )
  .post("/unpack", ({ request }) => new Response(request.body!.pipeThrough(new DecompressionStream("gzip"))))
  .get("/long", () => "again and ".repeat(1000))
  .get("/slow", wait)
  .get("/reasons", () => reasons)
  .get("/events", () => eventStream(ticks()))
  .get("/double/:n{int}", ({ params }) => ({ double: 2 * params.n }))
  .post("/upload", async ({ request }) => {
    const file = (await request.formData()).get("file");
    return typeof file === "string" || file === null ? "no file" : `${file.name} ${file.size}`;
  })
  .get("/files/*path", staticFiles({ lookup: (path) => (path === "/ten.txt" ? ten : undefined) }));

run([stack({ name: "service" })], async ({ tcp }) => {
  const listener = tcp.listen({ port: 80 });
  void serve(tcp.listen({ port: 81 }), createApp().get("/", wait));
  console.log("Listening on port 80");
  await serve(listener, app, { env: { greeting: "Hello" } });
});
