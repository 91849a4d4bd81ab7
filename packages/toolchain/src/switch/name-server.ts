/** What becomes of a question: an answer, another's business, or nothing at all. */
export type NameAnswer =
  | { readonly kind: "answer"; readonly message: Uint8Array }
  | { readonly kind: "elsewhere" }
  | { readonly kind: "none" };

const HEADER_SIZE = 12;
const TYPE_A = 1;
const CLASS_IN = 1;
const CLASS_MASK = 0x7fff; // the top bit asks for a unicast answer in mDNS (RFC 6762 5.4)
const RESPONSE = 0x8000;
const AUTHORITATIVE = 0x0400;
const RECURSION_DESIRED = 0x0100;
const RECURSION_AVAILABLE = 0x0080;
const OPCODE = 0x7800;
const NAME_ERROR = 3;
export const SERVER_FAILURE = 2;
const TTL_SECONDS = 60;
const TOP_LEVEL = { dns: ".internal", mdns: ".local" } as const;

interface Question {
  readonly name: string;
  readonly type: number;
  readonly class: number;
  /** Where the question ends. */
  readonly end: number;
}

/**
 * Answers a DNS message. `db` and `db.internal` are stations' names, other single labels and names in .internal do not exist,
 * the rest is for another server (RFC 1035).
 */
export function answerName(message: Uint8Array, addresses: ReadonlyMap<string, number>): NameAnswer {
  const question = parseQuestion(message);
  if (!question) return { kind: "none" };
  const isOurs = !question.name.includes(".") || question.name.endsWith(TOP_LEVEL.dns);
  if (!isOurs) return { kind: "elsewhere" };
  const address = addresses.get(stripSuffix(question.name, TOP_LEVEL.dns));
  const code = address === undefined ? NAME_ERROR : 0;
  const isAsked = question.type === TYPE_A && (question.class & CLASS_MASK) === CLASS_IN;
  const flags = RESPONSE | AUTHORITATIVE | RECURSION_AVAILABLE | (viewOf(message).getUint16(2) & RECURSION_DESIRED);
  return { kind: "answer", message: emitAnswer(message, question, flags | code, isAsked ? address : undefined) };
}

/** Answers a multicast DNS question for `db.local` (RFC 6762); what is not known is not answered. */
export function answerMulticastName(
  message: Uint8Array,
  addresses: ReadonlyMap<string, number>,
): Uint8Array | undefined {
  const question = parseQuestion(message);
  if (!question?.name.endsWith(TOP_LEVEL.mdns) || question.type !== TYPE_A) return undefined;
  const address = addresses.get(stripSuffix(question.name, TOP_LEVEL.mdns));
  return address === undefined ? undefined : emitAnswer(message, question, RESPONSE | AUTHORITATIVE, address);
}

/** The same question with an error in place of an answer. */
export function refuse(message: Uint8Array, code: number): Uint8Array | undefined {
  const question = parseQuestion(message);
  return question && emitAnswer(message, question, RESPONSE | RECURSION_AVAILABLE | code, undefined);
}

function parseQuestion(message: Uint8Array): Question | undefined {
  if (message.length < HEADER_SIZE) return undefined;
  const view = viewOf(message);
  if ((view.getUint16(2) & (RESPONSE | OPCODE)) !== 0 || view.getUint16(4) !== 1) return undefined;
  const labels: string[] = [];
  let at = HEADER_SIZE;
  for (;;) {
    const length = message[at];
    // A question's name comes first: there is nothing that it could point to.
    if (length === undefined || length > 63) return undefined;
    at++;
    if (length === 0) break;
    if (at + length > message.length) return undefined;
    labels.push(String.fromCharCode(...message.subarray(at, at + length)).toLowerCase());
    at += length;
  }
  if (at + 4 > message.length) return undefined;
  return { name: labels.join("."), type: view.getUint16(at), class: view.getUint16(at + 2), end: at + 4 };
}

function emitAnswer(message: Uint8Array, question: Question, flags: number, address: number | undefined): Uint8Array {
  const record = address === undefined ? 0 : 16;
  const reply = new Uint8Array(question.end + record);
  // The question as it was asked: clients compare the case of its letters.
  reply.set(message.subarray(0, question.end));
  const view = viewOf(reply);
  view.setUint16(2, flags);
  view.setUint16(6, address === undefined ? 0 : 1);
  view.setUint32(8, 0);
  if (address !== undefined) {
    const at = question.end;
    view.setUint16(at, 0xc000 | HEADER_SIZE);
    view.setUint16(at + 2, TYPE_A);
    view.setUint16(at + 4, CLASS_IN);
    view.setUint32(at + 6, TTL_SECONDS);
    view.setUint16(at + 10, 4);
    view.setUint32(at + 12, address);
  }
  return reply;
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
const stripSuffix = (name: string, suffix: string) => (name.endsWith(suffix) ? name.slice(0, -suffix.length) : name);
