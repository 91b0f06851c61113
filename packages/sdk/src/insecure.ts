// Connections that accept any certificate. Only Node can make them, so the library for it is loaded only there and only then.

export async function insecureFetch(): Promise<typeof fetch> {
  const undici = await import('undici');
  const dispatcher = new undici.Agent({ connect: { rejectUnauthorized: false } });
  return ((input: URL, init: object) => undici.fetch(input, { ...init, dispatcher })) as unknown as typeof fetch;
}
