// Writes floats as bytes of text: the shortest decimal that parses to the same 32-bit float.
// The method is Schubfach (Giulietti 2021, 'The Schubfach way to render doubles'), at single precision: the float and the bounds of its
// rounding interval are multiplied by a power of ten with 96 bits; of the decimals between the bounds the shortest is taken, and of these
// the nearest.

const ZERO = 48;
const [MINUS, PLUS, POINT, E] = [45, 43, 46, 101];

/** Integers up to here are exact as 32-bit floats, and their digits the shortest. */
const EXACT = 2 ** 24;
/** Longest number in bytes: sign, nine digits, point, exponent; or an integer of 21 digits. */
export const LONGEST_NUMBER = 24;

/** Powers of ten that a float may need: 10^k = g · 2^… at index k − LEAST, with g of 64 bits, rounded up, in two halves. */
const LEAST = -31;
const MOST = 45;
const high = new Uint32Array(MOST - LEAST + 1);
const low = new Uint32Array(MOST - LEAST + 1);
for (let k = LEAST; k <= MOST; k++) {
  const bits = 64n;
  const power = 10n ** BigInt(Math.abs(k));
  let g: bigint;
  if (k >= 0) {
    const length = BigInt(power.toString(2).length);
    const cut = length - bits;
    g = cut <= 0n ? power << -cut : (power >> cut) + (power % (1n << cut) === 0n ? 0n : 1n);
  } else {
    const shift = BigInt(power.toString(2).length) - 1n + bits;
    g = (1n << shift) / power + 1n;
  }
  high[k - LEAST] = Number(g >> 32n);
  low[k - LEAST] = Number(g & 0xffffffffn);
}

const floats = new Float32Array(1);
const words = new Uint32Array(floats.buffer);

const WORD = 0x100000000;
const HALF = 1 / 0x10000;

/** Digits and exponent of the float decoded last: digits · 10^exponent. An array, to avoid boxing. */
const decimal = new Int32Array(2);

/** Finds the shortest decimal of a positive, finite float. */
function decode(value: number): void {
  floats[0] = value;
  const word = words[0] as number;
  const fraction = word & 0x7fffff;
  const biased = word >>> 23;
  const c = biased === 0 ? fraction : fraction | 0x800000;
  const q = (biased === 0 ? 1 : biased) - 150;
  // The bounds themselves round to an even float.
  const odd = c & 1;
  // Below a power of two the floats are twice as close.
  const closer = fraction === 0 && biased > 1 ? 1 : 0;
  const k = (q * 1262611 - (closer ? 524031 : 0)) >> 22;
  const h = q + ((-k * 1741647) >> 19) + 1;
  const gh = high[-k - LEAST] as number;
  const gl = low[-k - LEAST] as number;
  // The float times the power of ten: three words of 32 bits, by products of 32 and 16 bits that doubles hold exactly.
  const factor = ((4 * c) << h) >>> 0;
  const fh = factor >>> 16;
  const fl = factor & 0xffff;
  const side = gh * fl;
  const sideHigh = Math.floor(side * HALF);
  const top = gh * fh + sideHigh;
  const topHigh = Math.floor(top * HALF);
  const lowHigh = Math.floor((gl * fh + Math.floor(gl * fl * HALF)) * HALF);
  const sum = lowHigh + (top - topHigh * 0x10000) * 0x10000 + (side - sideHigh * 0x10000);
  const over = sum >= WORD ? 1 : 0;
  const p0 = Math.imul(gl, factor) >>> 0;
  const p1 = sum - over * WORD;
  const p2 = topHigh + over;
  // Half the distance to the next float: the power of ten, shifted; a quarter to the one below, if that is closer.
  const up2 = gh >>> (31 - h);
  const up1 = ((gh << (h + 1)) | (gl >>> (31 - h))) >>> 0;
  const up0 = (gl << (h + 1)) >>> 0;
  const down2 = closer ? gh >>> (32 - h) : up2;
  const down1 = closer ? ((gh << h) | (gl >>> (32 - h))) >>> 0 : up1;
  const down0 = closer ? (gl << h) >>> 0 : up0;
  const s1 = p1 + up1 + (p0 + up0 >= WORD ? 1 : 0);
  const d1 = p1 - down1 - (p0 < down0 ? 1 : 0);
  // The lowest bit is set if bits were cut off (round to odd).
  const centre = (p2 | (p1 > 1 ? 1 : 0)) >>> 0;
  const upper = ((p2 + up2 + (s1 >= WORD ? 1 : 0)) | ((s1 >= WORD ? s1 - WORD : s1) > 1 ? 1 : 0)) - odd;
  const lower = ((p2 - down2 - (d1 < 0 ? 1 : 0)) | ((d1 < 0 ? d1 + WORD : d1) > 1 ? 1 : 0)) + odd;
  const s = centre >>> 2;
  if (s >= 10) {
    const tens = Math.floor(s / 10);
    const below = lower <= 40 * tens;
    const above = 40 * tens + 40 <= upper;
    if (below !== above) {
      decimal[0] = tens + (above ? 1 : 0);
      decimal[1] = k + 1;
      return;
    }
  }
  const below = lower <= 4 * s;
  const above = 4 * s + 4 <= upper;
  const up = below !== above ? above : centre > 4 * s + 2 || (centre === 4 * s + 2 && (s & 1) === 1);
  decimal[0] = s + (up ? 1 : 0);
  decimal[1] = k;
}

function countDigits(whole: number): number {
  if (whole < 1e5) return whole < 100 ? (whole < 10 ? 1 : 2) : whole < 1e3 ? 3 : whole < 1e4 ? 4 : 5;
  return whole < 1e7 ? (whole < 1e6 ? 6 : 7) : whole < 1e8 ? 8 : whole < 1e9 ? 9 : 10;
}

/** The digits of 00 to 99. */
const PAIRS = Uint8Array.from({ length: 200 }, (_, i) => ZERO + (i % 2 === 0 ? Math.floor(i / 20) : (i >> 1) % 10));

/** Writes an integer below 2^31 that has `count` digits; returns the index after it. */
function writeWhole(target: Uint8Array, at: number, whole: number, count: number): number {
  let rest = whole;
  let i = at + count;
  while (i - at >= 2) {
    const next = (rest / 100) | 0;
    const pair = (rest - 100 * next) * 2;
    target[--i] = PAIRS[pair + 1] as number;
    target[--i] = PAIRS[pair] as number;
    rest = next;
  }
  if (i > at) target[at] = ZERO + rest;
  return at + count;
}

/** Writes a float in JavaScript's format, by its shortest decimal. Returns the index after it. @param at needs LONGEST_NUMBER bytes. */
export function writeFloat(target: Uint8Array, at: number, value: number): number {
  if (value === 0) {
    target[at] = ZERO;
    return at + 1;
  }
  if (value - value !== 0) return writeText(target, at, String(value));
  let to = at;
  if (value < 0) target[to++] = MINUS;
  const size = Math.abs(value);
  if (size <= EXACT && size === Math.floor(size)) return writeWhole(target, to, size, countDigits(size));
  decode(size);
  let digits = decimal[0] as number;
  let exponent = decimal[1] as number;
  for (let tenth = (digits / 10) | 0; tenth * 10 === digits; tenth = (digits / 10) | 0) {
    digits = tenth;
    exponent++;
  }
  const count = countDigits(digits);
  // Number of digits before the decimal point.
  const point = count + exponent;
  if (exponent >= 0 && point <= 21) {
    to = writeWhole(target, to, digits, count);
    for (let i = 0; i < exponent; i++) target[to++] = ZERO;
    return to;
  }
  if (point > 0 && point <= 21) {
    writeWhole(target, to + 1, digits, count);
    target.copyWithin(to, to + 1, to + 1 + point);
    target[to + point] = POINT;
    return to + count + 1;
  }
  if (point > -6 && point <= 0) {
    target[to++] = ZERO;
    target[to++] = POINT;
    for (let i = point; i < 0; i++) target[to++] = ZERO;
    return writeWhole(target, to, digits, count);
  }
  writeWhole(target, to + 1, digits, count);
  target[to] = target[to + 1] as number;
  target[to + 1] = POINT;
  to += count === 1 ? 1 : count + 1;
  target[to++] = E;
  const power = point - 1;
  target[to++] = power < 0 ? MINUS : PLUS;
  const far = Math.abs(power);
  return writeWhole(target, to, far, countDigits(far));
}

function writeText(target: Uint8Array, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) target[at + i] = text.charCodeAt(i);
  return at + text.length;
}
