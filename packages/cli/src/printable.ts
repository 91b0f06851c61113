/** Characters of the longest text of others that is shown in a sentence. */
const LONGEST = 2000;

/** Text of others without characters that would steer the terminal. Line ends and tabs may stay in sentences of the server. */
export function printable(text: string, keep = /[\n\t]/): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    if (keep.test(character)) return character;
    const code = character.codePointAt(0) ?? 0;
    return `\\u{${code.toString(16)}}`;
  });
}

/** A sentence as it may be shown: not endless, and nothing that steers the terminal. */
export function sentence(text: string): string {
  return printable(text.length > LONGEST ? `${text.slice(0, LONGEST)}… (${text.length} characters)` : text);
}
