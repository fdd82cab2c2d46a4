/** Longest id that is kept: authors choose their own. */
const MAX_KEPT = 256;

let lastId = "";
let lastJson = '""';

/** An id as JSON text. All deltas of an item bring the same one, so the last is kept. */
export function idJson(id: string): string {
  if (id === lastId) return lastJson;
  const json = JSON.stringify(id);
  if (id.length <= MAX_KEPT) {
    lastId = id;
    lastJson = json;
  }
  return json;
}
