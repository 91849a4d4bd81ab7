// ask ADDRESS, requests as JSON on stdin: sends each as it is written, and prints status, headers and content (in Base64) of the answers.
import { request } from "node:http";

interface Asked {
  readonly path: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
}

const [address] = process.argv.slice(2);
const ask = ({ path, method = "GET", headers = {} }: Asked) =>
  new Promise((resolve, reject) => {
    request({ host: address, path, method, headers, agent: false }, (response) => {
      const pieces: Buffer[] = [];
      response.on("data", (piece) => pieces.push(piece));
      response.on("end", () => {
        const content = Buffer.concat(pieces).toString("base64");
        resolve({ status: response.statusCode, headers: response.headers, content });
      });
    })
      .on("error", reject)
      .end();
  });

let input = "";
for await (const piece of process.stdin) input += piece;
const answers: unknown[] = [];
for (const asked of JSON.parse(input) as Asked[]) answers.push(await ask(asked));
console.log(JSON.stringify(answers));
