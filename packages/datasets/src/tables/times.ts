// Times as people write them, in seconds since 1970; without a zone they are UTC.

/** How dates are written. `dmy` and `mdy` with slashes cannot always be told apart. */
export const DATE_FORMATS = ['iso', 'ymd', 'dotted', 'dmy', 'mdy'] as const;
export type DateFormat = (typeof DATE_FORMATS)[number];

const TIME = String.raw`(?:[T ,]+(\d\d?):(\d\d)(?::(\d\d(?:\.\d+)?))?\s*([AaPp][Mm])?)?\s*(Z|UTC|[+-]\d\d:?\d\d)?$`;
const PATTERNS: Readonly<Record<DateFormat, RegExp>> = {
  iso: new RegExp(String.raw`^(\d{4})-(\d\d?)-(\d\d?)${TIME}`),
  ymd: new RegExp(String.raw`^(\d{4})/(\d\d?)/(\d\d?)${TIME}`),
  dotted: new RegExp(String.raw`^(\d\d?)\.(\d\d?)\.(\d{4})${TIME}`),
  dmy: new RegExp(String.raw`^(\d\d?)/(\d\d?)/(\d{4})${TIME}`),
  mdy: new RegExp(String.raw`^(\d\d?)/(\d\d?)/(\d{4})${TIME}`),
};
/** Places of year, month and day. */
const ORDER: Readonly<Record<DateFormat, readonly [number, number, number]>> = {
  iso: [1, 2, 3],
  ymd: [1, 2, 3],
  dotted: [3, 2, 1],
  dmy: [3, 2, 1],
  mdy: [3, 1, 2],
};

const DAY = 86_400;

/** Seconds since 1970 of a time in that format; undefined if the text is none. */
export function secondsOf(text: string, format: DateFormat): number | undefined {
  const first = text.charCodeAt(0);
  if (first < 48 || first > 57) return undefined;
  const found = PATTERNS[format].exec(text);
  if (!found) return undefined;
  const [year, month, day] = ORDER[format].map((place) => Number(found[place])) as [number, number, number];
  if (month < 1 || month > 12 || day < 1) return undefined;
  const midnight = Date.UTC(year, month - 1, day) / 1000;
  // The 31st of April would be the 1st of May.
  if (day > 28 && new Date(midnight * 1000).getUTCDate() !== day) return undefined;
  const [, , , , hour = '0', minute = '0', second = '0', half, zone] = found;
  let hours = Number(hour);
  if (half) hours = (hours % 12) + (half.toLowerCase() === 'pm' ? 12 : 0);
  if (hours > 24 || Number(minute) > 59 || Number(second) >= 61) return undefined;
  return midnight + hours * 3600 + Number(minute) * 60 + Number(second) - offsetOf(zone);
}

function offsetOf(zone: string | undefined): number {
  const found = zone === undefined ? undefined : /^([+-])(\d\d):?(\d\d)$/.exec(zone);
  if (!found) return 0;
  const [, sign, hours, minutes] = found;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60);
}

/** Seconds of the year 5000: what is larger counts milliseconds. */
const MILLISECONDS_FROM = 95_617_584_000;

/** Seconds since 1970 of a number that is told to be a time: seconds, or milliseconds where seconds would lie beyond the year 5000. */
export const secondsOfNumber = (value: number): number => (value > MILLISECONDS_FROM ? value / 1000 : value);

export const isDay = (seconds: number): boolean => seconds % DAY === 0;

/** A time as ISO 8601 has it, in UTC: a day, or with the time of day, to the microsecond where need be. */
export function timeText(seconds: number, days: boolean): string {
  const whole = Math.floor(seconds);
  const text = new Date(whole * 1000).toISOString();
  if (days) return text.slice(0, text.indexOf('T'));
  const micros = Math.round((seconds - whole) * 1e6);
  const fraction = micros === 0 ? '' : `.${String(micros).padStart(6, '0').replace(/0+$/, '')}`;
  return `${text.slice(0, -5)}${fraction}Z`;
}
