/** `diagnostics_channel`: named channels. Tracing channels are not supported. */
type Subscriber = (message: unknown, name: string) => void;

export class Channel {
  readonly name: string;
  readonly #subscribers: Subscriber[] = [];

  constructor(name: string) {
    this.name = name;
  }

  get hasSubscribers(): boolean {
    return this.#subscribers.length > 0;
  }

  publish(message: unknown): void {
    for (const subscriber of [...this.#subscribers]) subscriber(message, this.name);
  }

  subscribe(subscriber: Subscriber): void {
    this.#subscribers.push(subscriber);
  }

  unsubscribe(subscriber: Subscriber): boolean {
    const index = this.#subscribers.indexOf(subscriber);
    if (index >= 0) this.#subscribers.splice(index, 1);
    return index >= 0;
  }
}

const channels = new Map<string, Channel>();

export function channel(name: string): Channel {
  let found = channels.get(name);
  if (found === undefined) {
    found = new Channel(name);
    channels.set(name, found);
  }
  return found;
}

export const hasSubscribers = (name: string): boolean => channels.get(name)?.hasSubscribers ?? false;
export const subscribe = (name: string, subscriber: Subscriber): void => channel(name).subscribe(subscriber);
export const unsubscribe = (name: string, subscriber: Subscriber): boolean => channel(name).unsubscribe(subscriber);

export default { Channel, channel, hasSubscribers, subscribe, unsubscribe };
