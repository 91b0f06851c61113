/** Thrown for a file that cannot be read as a data set: the message says what is wrong and where. */
export class DatasetError extends Error {
  override name = 'DatasetError';
}
