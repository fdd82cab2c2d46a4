/** An address for the log: without user, password and query. */
export function withoutCredentials(address: string): string {
  try {
    const { origin, pathname } = new URL(address);
    return `${origin}${pathname === "/" ? "" : pathname}`;
  } catch {
    return "(not a URL)";
  }
}
