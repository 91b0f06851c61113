export { generator } from '@openhanami/engine/random';
export { cellsOf } from './cells.ts';
export { DIGIT_SIZE, drawDigits } from './digits.ts';
export { DatasetError } from './errors.ts';
export { type CsvIndex, type CsvPlace, CsvText, csvIndex, FORMULA } from './export.ts';
export { type ColumnType, type ColumnValues, type Kind, kindOf, type StoredColumn, type Values } from './format.ts';
export { imagesToIdx, importMnist, labelsToIdx, writeMnist } from './idx.ts';
export { DatasetReader } from './reader.ts';
export { writeFloat } from './shortest.ts';
export { type ByteSink, type ByteSource, createFile, openFile, readBytes, streamOf, syncFolder } from './source.ts';
export {
  type ImportedColumn,
  type ImportedTable,
  importTable,
  type MakeSink,
  readTable,
  type TableOptions,
  type TableRows,
} from './tables/import.ts';
export { type SortedTimes, sortRows } from './tables/sort.ts';
export { type ColumnSummary, hardlyRepeat } from './tables/summary.ts';
export type { Cell } from './tables/table-file.ts';
export { DATE_FORMATS, type DateFormat, secondsOf, timeText } from './tables/times.ts';
export { DatasetWriter } from './writer.ts';
