import { writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { importTable } from '../src/index.ts';
import { affixed } from '../src/tables/amounts.ts';
import { temporaryFolder } from './folder.ts';

const folder = temporaryFolder();
let count = 0;

/** What becomes of a column of these values. */
async function column(values: readonly string[], options: { readonly missing?: string[] } = {}) {
  const from = `${folder}/${++count}.csv`;
  writeFileSync(from, `a;b\n${values.map((value) => `${value};1`).join('\n')}\n`);
  const { columns, notices } = await importTable(from, `${folder}/${count}.arrow`, options);
  const [first] = columns;
  return {
    kind: first?.kind,
    missing: first?.missing,
    min: first?.min,
    max: first?.max,
    notices: notices.filter((notice) => notice.includes('read as numbers')),
  };
}

it.each([
  [['$1,200.50', '$3', '-$4', '($5.00)'], -5, 1200.5],
  [['1.200,50 €', '3,5 €'], 3.5, 1200.5],
  [['45 %', '7%', '0'], 0, 45],
  [['5 kg', '6.5kg', '7 kg'], 5, 7],
  [['1 day', '3 days', '2 days'], 1, 3],
  [['12.5', '(3.5)', '4'], -3.5, 12.5],
  [['−3 °C', '+4 °C'], -3, 4],
  [['1.234 €', '2.500 €', '950 €'], 950, 2500],
  [['1.234 km', '2.5 km'], 1.234, 2.5],
  [["CHF 1'234.50", 'CHF 900.00'], 900, 1234.5],
  [['₹1,23,456', '₹90,000'], 90_000, 123_456],
  [['5 m/s', '7 m/s'], 5, 7],
  [['1 inch', '2 inches'], 1, 2],
])('%j are numbers', async (values, min, max) => {
  expect(await column(values)).toMatchObject({ kind: 'number', min, max });
});

it.each([
  // Two units, a unit that some lack, codes, grades, rooms, footnotes.
  [['5 kg', '3 lb', '2 kg']],
  [['$5', '7', '$9']],
  [['A5', 'B7', 'C9']],
  [['item 5', 'item 7', 'item 9']],
  [['1st', '2nd', '3rd']],
  [['(1)', '(2)', '(3)']],
  [['12:30', '14:00', '9:15']],
])('%j are no numbers', async (values) => {
  expect((await column(values)).kind).toBe('category');
});

it('says what is around the numbers, and refuses a value that is unlike the others', async () => {
  expect((await column(['5 kg', '6 kg'])).notices).toEqual(["the values of 'a' have 'kg' behind them; they are read as numbers"]);
  await expect(column(['$5', '$6', '$7', '$8', '$9', '10'])).rejects.toThrowError("line 7: '10' in the column 'a' is no number with '$'");
  await expect(column(['5 kg', '6 kg', '7 kg', '8 kg', '9 kg', '5 lb'])).rejects.toThrowError(
    "'5 lb' in the column 'a' is no number with 'kg'",
  );
  await expect(column(['5 kg', '6 kg', '7 kg', '8 kg', '9 kg', 'heavy'])).rejects.toThrowError(
    "line 7: 'heavy' in the column 'a' is no number",
  );
});

it('takes what means a missing value as such, whatever is around it', async () => {
  expect(await column(['5 kg', '-999 kg', '7 kg'], { missing: ['-999'] })).toMatchObject({ kind: 'number', min: 5, max: 7, missing: 1 });
});

it('finds the number that was written, whatever is around it, in time that grows with the text', () => {
  const around = fc.constantFrom(['$', ''], ['', '%'], ['', ' kg'], ['€ ', ''], ['', ' km/h']);
  fc.assert(
    fc.property(fc.integer({ min: -1_000_000, max: 1_000_000 }), around, (value, [before, behind]) => {
      expect(Number(affixed(`${before}${value}${behind}`)?.number)).toBe(value);
    }),
  );
  fc.assert(fc.property(fc.string(), (text) => void affixed(text)));
});
