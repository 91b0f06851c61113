export { importCsv } from './csv.ts';
export { DIGIT_SIZE, drawDigits, generator } from './digits.ts';
export { DatasetError } from './errors.ts';
export type { ColumnRange, Values } from './format.ts';
export { imagesToIdx, importMnist, labelsToIdx, writeMnist } from './idx.ts';
export { DatasetReader } from './reader.ts';
export { DatasetWriter } from './writer.ts';
