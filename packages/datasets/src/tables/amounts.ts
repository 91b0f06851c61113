import { type Decimal, numberOf } from './numbers.ts';

// Numbers with something around them: money, shares, measures.

/** What stands before the numbers of a column and behind them, such as `$` or `kg`. */
export interface Affix {
  readonly before: string;
  readonly behind: string;
}

/** Money by its signs, and by the codes of ISO 4217 that are written most. */
const MONEY = String.raw`[$€£¥₹₩₽₺₴₪฿₫₱]|[ACNHS]\$|US\$|R\$|kr\.?|zł|Kč|USD|EUR|GBP|JPY|CHF|CNY|INR|CAD|AUD|NZD|SEK|NOK|DKK|PLN|CZK|BRL|MXN|ZAR|KRW|TRY`;
/** Units of the SI and of daily life. Not a lone letter that grades, sizes and names have too. */
const UNIT = [
  '[%‰°]|°\\s?[CFK]|ppm|ppb',
  '[kmµuc]?g|kilo|mg|lbs?|oz|[tT]ons?|tonnes?',
  '[kcmdµun]?m|mi|miles?|ft|feet|in|inch(es)?|yd|["\u2032\u2033]',
  '[kcm]?m[²2³3]|m\\^[23]|sq\\.?\\s?(ft|m|km)|ha|acres?',
  '[mcd]?[lL]|hl|gal|mpg|l/100\\s?km|kmpl|km/l|km/kg',
  'km/h|kmh|kph|mph|m/s|kn|knots?|rpm|m/s[²2]',
  '[munµ]?s|secs?|seconds?|mins?|minutes?|hrs?|hours?|h|days?|weeks?|months?|mos?|yrs?|years?',
  '[kMGT]?Hz|[mkMG]?W|[kMG]?Wh|[mk]?V|m?A|m?Ah|k?J|k?cal|bhp|hp|PS|[kM]?N|Nm|cc',
  '[hkM]?Pa|m?bar|psi|mmHg|dB|dBm|lx|lm|ml|px|dpi|fps',
  '[kKMGT]i?B|bytes?|[kMG]bps|[kMG]bit/s',
].join('|');
const AFFIXED = new RegExp(
  String.raw`^([+−-]?)\s*((?:${MONEY})?)\s*([+−-]?(?:\d[\d.,'\u2019]*|[.,]\d+)(?:[eE][+-]?\d+)?)\s*((?:${MONEY}|${UNIT})?)$`,
);

/** A number with what stands around it; undefined for a text that is none, or has nothing around it. */
export function affixed(text: string): { readonly number: string; readonly affix: Affix } | undefined {
  if (text.length > LONGEST_AFFIXED || !/\d/.test(text)) return undefined;
  // Accounts have losses in brackets.
  const bare = text.startsWith('(') && text.endsWith(')') ? `-${text.slice(1, -1)}` : text;
  const [, sign = '', before = '', digits = '', behind = ''] = AFFIXED.exec(bare.trim()) ?? [];
  if (digits === '' || (before === '' && behind === '' && bare === text)) return undefined;
  if (sign !== '' && /^[+−-]/.test(digits)) return undefined;
  const number = `${sign}${digits}`.replace('−', '-').replace(/(?<=\d)['\u2019](?=\d{3})/g, '');
  return {
    number: INDIAN.test(number) ? number.replaceAll(',', '') : number,
    affix: { before, behind: behind.replace(ONE_OF_SEVERAL, '$1') },
  };
}

/** Thousands, and hundreds of them: 1,23,456. */
const INDIAN = /^[+-]?\d{1,2}(,\d\d)+,\d{3}(\.\d*)?$/;
/** One day, two days; one inch, two inches. */
const ONE_OF_SEVERAL = /^(day|week|month|hour|hr|minute|min|second|sec|year|yr|mile|lb|ton|tonne|knot|byte|acre|mo|inch)e?s$/;

/** Whether what stands around numbers says that they are money. */
export const isMoney = ({ before, behind }: Affix): boolean => IS_MONEY.test(before || behind);

const IS_MONEY = new RegExp(`^(?:${MONEY})$`);

/** Characters of the longest amount. */
const LONGEST_AFFIXED = 40;

/** Nothing around a number. */
export const NOTHING: Affix = { before: '', behind: '' };

export const isSameAffix = (one: Affix, other: Affix): boolean => one.before === other.before && one.behind === other.behind;

/** The number of a text that has this around it, or nothing if that is 0. */
export function amountOf(text: string, affix: Affix, decimal: Decimal): number | undefined {
  const plain = numberOf(text, decimal);
  if (plain !== undefined) return plain === 0 || isSameAffix(affix, NOTHING) ? plain : undefined;
  const found = affixed(text);
  return found && isSameAffix(affix, found.affix) ? numberOf(found.number, decimal) : undefined;
}
