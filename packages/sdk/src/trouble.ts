/** Code and message of the innermost cause of an error of Node, undici or ws. */
function innermost(error: unknown): { code: string; message: string } {
  const { cause, code = '', message = String(error) } = (error ?? {}) as { cause?: unknown; code?: string; message?: string };
  const [first] = (error as AggregateError | undefined)?.errors ?? [];
  if (first !== undefined) return innermost(first);
  if (cause !== undefined && cause !== null) return innermost(cause);
  return { code, message: message === '' ? code : message };
}

const UNTRUSTED = /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT(_LOCALLY)?))$/;
const OTHER_CERTIFICATE = /^(CERT_[A-Z_]+|ERR_TLS_CERT_ALTNAME_INVALID)$/;
const NOT_TLS = /wrong version number|packet length too long|record layer failure|ERR_SSL_|EPROTO/;
const CUT = /other side closed|socket hang up|ECONNRESET|UND_ERR_SOCKET|HPE_|Parse Error|terminated/;

/** Why a server cannot be reached, and what would help. */
export function explain(error: unknown, url: URL): string {
  const { code, message } = innermost(error);
  const both = `${code} ${message}`;
  const secure = url.protocol === 'https:' || url.protocol === 'wss:';
  const other = (scheme: string): string => `${scheme}://${url.host}`;
  if (UNTRUSTED.test(code)) {
    return `its certificate is not signed by anybody who is trusted (${code}); NODE_EXTRA_CA_CERTS=<file.pem> trusts its signer, --insecure (in programs: verifyConnection: false) any certificate`;
  }
  if (OTHER_CERTIFICATE.test(code)) return `its certificate cannot be used: ${message} (--insecure accepts any certificate)`;
  if (secure && NOT_TLS.test(both)) return `it does not speak HTTPS; try ${other('http')}`;
  if (/^ECONNREFUSED/.test(code)) return `nothing listens on ${url.host} (ECONNREFUSED); is the server running?`;
  if (/^(ENOTFOUND|EAI_AGAIN)$/.test(code)) return `there is no host '${url.hostname}' (${code})`;
  if (message === 'bad port') return `port ${url.port} is one that HTTP clients do not talk to`;
  const [, status] = /Unexpected server response: (\d+)/.exec(message) ?? [];
  if (status !== undefined) {
    return `it answered ${status} to a websocket; a proxy before the server must pass on 'Upgrade' and 'Connection'`;
  }
  if (!secure && CUT.test(both)) return `it closed the connection (${message}); if it speaks HTTPS, try ${other('https')}`;
  return message;
}
