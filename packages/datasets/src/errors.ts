/** Thrown for a file that cannot be read as a data set: the message says what is wrong and where. */
export class DatasetError extends Error {
  override name = 'DatasetError';
}

/** What an error of a reader says of a file. An error of the store that the file is in says nothing of it, and stays as it is. */
export function faultOfFile(error: unknown, sentence: string): Error {
  if (error instanceof DatasetError) return error;
  const { status, code, message = String(error) } = error as Error & { status?: number; code?: string };
  if (error instanceof Error && (status !== undefined || code === 'ENOENT' || code === 'EREPLACED')) return error;
  return new DatasetError(`${sentence}: ${message}`);
}
