/** Longest text of others that a message shows, in characters. */
const LONGEST = 2000;

/** Escapes characters in text of others that would control the terminal. @param keep exceptions; by default newlines and tabs. */
export function printable(text: string, keep = /[\n\t]/): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    if (keep.test(character)) return character;
    const code = character.codePointAt(0) ?? 0;
    return `\\u{${code.toString(16)}}`;
  });
}

/** A message that is safe to show: of limited length, and without control characters. */
export function sentence(text: string): string {
  return printable(text.length > LONGEST ? `${text.slice(0, LONGEST)}… (${text.length} characters)` : text);
}
