/** A file that cannot be read as the data set it is said to be: what is wrong, where, and what would be right. */
export class DatasetError extends Error {
  override name = 'DatasetError';
}
