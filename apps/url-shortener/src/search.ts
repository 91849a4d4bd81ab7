import { ORDERS, type Order } from "./links.ts";

const MAX_QUERY = 100;

/** What a directory's address asks for. What makes no sense falls back to the first page of everything. */
export function readSearch(query: { get(name: string): string | null }): { query: string; order: Order; page: number } {
  const sort = query.get("sort");
  return {
    query: (query.get("q") ?? "").trim().slice(0, MAX_QUERY),
    order: ORDERS.find((order) => order === sort) ?? "newest",
    page: Number(query.get("page") ?? 1),
  };
}
