/**
 * Flags and variables are text. Each reader gives the value a text stands for, or the text itself when it
 * stands for none: the setting's schema then refuses it, so that there is one check for every source.
 */
export type ReadText = (text: string) => unknown;

export const readString: ReadText = (text) => text;

export const readNumber: ReadText = (text) =>
  /^-?\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : text;

export const readBoolean: ReadText = (text) => {
  const word = text.trim().toLowerCase();
  if (["1", "true", "yes", "on"].includes(word)) return true;
  if (["0", "false", "no", "off"].includes(word)) return false;
  return text;
};

export const readList: ReadText = (text) =>
  text
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  kb: 1024,
  mb: 1024 ** 2,
  gb: 1024 ** 3,
};

/** `1048576`, `512kb`, `64mb`: bytes, with binary units. */
export const readBytes: ReadText = (text) => {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim());
  const unit = UNITS[match?.[2]?.toLowerCase() ?? "none"];
  return match === null || unit === undefined ? text : Math.floor(Number(match[1]) * unit);
};
