// What apps/postgres.ts uses of pg, which brings no types.
declare module "pg" {
  interface Settings {
    host: string;
    port: number;
    user: string;
    password: string;
    database: string;
    max?: number;
  }
  interface Result {
    rowCount: number;
    // biome-ignore lint/suspicious/noExplicitAny: columns are what the query says
    rows: any[];
  }
  class Client {
    constructor(settings: Settings);
    connect(): Promise<void>;
    query(query: string | { name: string; text: string; values: unknown[] }, values?: unknown[]): Promise<Result>;
    end(): Promise<void>;
  }
  class Pool extends Client {
    readonly totalCount: number;
  }
  const pg: { Client: typeof Client; Pool: typeof Pool };
  export default pg;
}
