import { DatasetError } from '../errors.ts';
import { pointNumber } from './numbers.ts';
import { type Cell, isCoded, isVector, type PartColumn, type TableFile, type TablePart } from './table-file.ts';

// Pictures as tables have them: a column for each pixel, such as pixel0 … pixel783. They become one column of vectors.

/** Columns that are the pixels of a picture, row after row. */
interface Picture {
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
  /** Places of its columns. */
  readonly places: readonly number[];
}

/** Names that are taken for pixels where nobody says so, and fewest of them. */
const PIXEL = /^(pixel|pix|px)[_ ]?\d+(x\d+)?$/i;
const LEAST = 64;
const TOLD = /^(\d{1,5})x(\d{1,5})=(.+)\*$/;

/**
 * A table with its pictures as one column each.
 * @param wanted such as `28x28=pixel*`; 'auto': those that are called so and form a square.
 * @throws DatasetError for a picture that has not as many columns, or for a pixel that is no number.
 */
export async function withPictures(file: TableFile, wanted: readonly string[] | 'auto', notices: string[]): Promise<TableFile> {
  const pictures = wanted === 'auto' ? found(file.names) : wanted.map((text) => told(text, file.names));
  if (pictures.length === 0) return file;
  for (const { name, rows, columns, places } of pictures) {
    const [first, last] = [places[0], places.at(-1)].map((place) => `'${file.names[place ?? 0]}'`);
    notices.push(`${places.length} columns, ${first} to ${last}, are one picture of ${rows} × ${columns}: '${name}'`);
  }
  const areBytes = await scan(file, pictures);
  const pixels = new Set(pictures.flatMap(({ places }) => places));
  const kept = file.names.map((_, i) => i).filter((i) => !pixels.has(i));
  return {
    ...file,
    names: [...kept.map((i) => file.names[i] as string), ...pictures.map(({ name }) => name)],
    singles: new Set(kept.flatMap((place, i) => (file.singles?.has(place) ? [i] : []))),
    whereName: (column) => file.whereName?.(kept[column] ?? 0) ?? `column ${column + 1}`,
    async *parts() {
      let before = 0;
      for await (const part of file.parts()) {
        const drawn = pictures.map((picture, i): PartColumn => {
          const { rows, columns, places } = picture;
          const values = new (areBytes[i] ? Uint8Array : Float32Array)(part.rows * places.length);
          fill(values, picture, part, before);
          return { values, width: places.length, shape: [rows, columns] };
        });
        before += part.rows;
        yield { ...part, columns: [...kept.map((i) => part.columns[i] as PartColumn), ...drawn] };
      }
    },
  };
}

function found(names: readonly string[]): Picture[] {
  const places = names.flatMap((name, i) => (PIXEL.test(name) ? [i] : []));
  const side = Math.sqrt(places.length);
  if (places.length < LEAST || !Number.isInteger(side)) return [];
  return [{ name: free(/^[a-z]+/i.exec(names[places[0] ?? 0] ?? '')?.[0] ?? 'picture', names), rows: side, columns: side, places }];
}

function told(text: string, names: readonly string[]): Picture {
  const [, high = '', wide = '', prefix = ''] = TOLD.exec(text) ?? [];
  if (prefix === '') throw new DatasetError(`a picture is said as 28x28=pixel*, not as '${text}'`);
  const [rows, columns] = [Number(high), Number(wide)];
  const places = names.flatMap((name, i) => (name.startsWith(prefix) && name.length > prefix.length ? [i] : []));
  if (places.length !== rows * columns)
    throw new DatasetError(`a picture of ${rows} × ${columns} has ${rows * columns} columns; ${places.length} begin with '${prefix}'`);
  return { name: free(prefix.replace(/[_ ]$/, ''), names), rows, columns, places };
}

function free(wanted: string, names: readonly string[]): string {
  let name = wanted;
  for (let i = 2; names.includes(name); i++) name = `${wanted}_${i}`;
  return name;
}

/** Whether all pixels of each picture are bytes. */
async function scan(file: TableFile, pictures: readonly Picture[]): Promise<boolean[]> {
  const areBytes = pictures.map(() => true);
  let before = 0;
  for await (const part of file.parts()) {
    for (const [i, picture] of pictures.entries()) {
      const values = new Float32Array(part.rows * picture.places.length);
      fill(values, picture, part, before);
      areBytes[i] &&= values.every((value) => value >= 0 && value <= 255 && Number.isInteger(value));
    }
    before += part.rows;
  }
  return areBytes;
}

function fill(values: Uint8Array | Float32Array, { places }: Picture, part: TablePart, before: number): void {
  for (const [k, place] of places.entries()) {
    const column = part.columns[place] as PartColumn;
    if (isCoded(column) || (isVector(column) && column.width > 1)) throw new DatasetError(`column ${place + 1} holds no pixels`);
    const cells: ArrayLike<Cell> = isVector(column) ? column.values : column;
    for (let row = 0; row < part.rows; row++) {
      const cell = cells[row];
      const value =
        typeof cell === 'string'
          ? cell === ''
            ? Number.NaN
            : pointNumber(cell)
          : cell === null || cell === undefined
            ? Number.NaN
            : Number(cell);
      if (value === undefined || Math.abs(value) === Infinity)
        throw new DatasetError(
          `${part.where?.(row) ?? `row ${before + row + 1}`}, column ${place + 1}: '${String(cell).slice(0, 40)}' is no pixel`,
        );
      values[row * places.length + k] = value;
    }
  }
}
