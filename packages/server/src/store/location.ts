// Where a database is: the path of an SQLite file, or the URL of a PostgreSQL database.

/** Whether a location is that of a PostgreSQL database. */
export const isPostgres = (location: string): boolean => /^postgres(ql)?:\/\//.test(location);

/** A location as it may be shown: without the password. */
export function shownLocation(location: string): string {
  // A password that is not as URLs want it is not looked for.
  if (!URL.canParse(location)) return isPostgres(location) ? location.replace(/\/\/.*/, '//***') : location;
  const url = new URL(location);
  if (url.password === '' && !url.searchParams.has('password')) return location;
  if (url.password !== '') url.password = '***';
  if (url.searchParams.has('password')) url.searchParams.set('password', '***');
  return url.href;
}
