/**
 * Every error that a client may see, by code, with its HTTP status and meaning. Codes are stable; messages may change.
 * The first code of a status is the general one, for errors without a code of their own.
 */
export const ERROR_CODES = {
  bad_request: { status: 400, meaning: 'something in the input is wrong' },
  invalid_input: { status: 400, meaning: 'a field is missing, unknown, or not what it should be' },
  invalid_file: { status: 400, meaning: 'an uploaded file is damaged, or has something in it that cannot be used' },
  upload_incomplete: { status: 400, meaning: 'not all bytes of the file have come yet' },
  weak_passphrase: { status: 400, meaning: 'the new passphrase is too short, or known to be stolen' },
  unauthorized: { status: 401, meaning: 'the caller may not do this' },
  token_missing: { status: 401, meaning: 'the call needs a token' },
  token_ended: { status: 401, meaning: 'the token has expired, was revoked, or is none of this server; log in again' },
  session_ended: { status: 401, meaning: 'the session of the token cannot be renewed any more; log in again' },
  wrong_login: { status: 401, meaning: 'the user does not exist, or the passphrase is wrong' },
  not_found: { status: 404, meaning: 'it is not there, or not visible to the caller' },
  method_not_allowed: { status: 405, meaning: 'the path takes other methods' },
  conflict: { status: 409, meaning: 'in conflict with what is there' },
  already_exists: { status: 409, meaning: 'the id or name is taken' },
  quota_exceeded: { status: 409, meaning: 'the project would use more than it may' },
  in_use: { status: 409, meaning: 'something else still needs it; `force` takes that along' },
  cluster_has_tasks: { status: 409, meaning: 'tasks of the cluster are queued or active' },
  cluster_in_direct_mode: { status: 409, meaning: 'the cluster is talked to directly; switch it to TASK mode first' },
  cluster_in_task_mode: { status: 409, meaning: 'the cluster works off tasks; switch it to DIRECT mode first' },
  cluster_untrained: { status: 409, meaning: 'the cluster has not been trained yet' },
  too_large: { status: 413, meaning: 'more bytes than the server takes' },
  range_not_satisfiable: { status: 416, meaning: 'the range lies outside of the file' },
  too_many_requests: { status: 429, meaning: 'too many calls or connections; try again later' },
  login_delayed: { status: 429, meaning: 'too many wrong passphrases; `Retry-After` says when the next login is possible' },
  internal_error: { status: 500, meaning: 'a fault of the server; its log tells more under the id of the sentence' },
  damaged_file: { status: 500, meaning: 'a file of the server is not what was written' },
  unavailable: { status: 503, meaning: 'not possible at the moment; try again' },
  out_of_space: { status: 507, meaning: 'the disk or the memory of the server is full' },
} as const satisfies Record<string, { readonly status: number; readonly meaning: string }>;

export type ErrorCode = keyof typeof ERROR_CODES;
/** Error codes of a status. */
export type CodeOf<Status extends number> = {
  [Code in ErrorCode]: (typeof ERROR_CODES)[Code]['status'] extends Status ? Code : never;
}[ErrorCode];

/** Response header with the error code. */
export const ERROR_CODE_HEADER = 'x-error-code';

/** The codes of a status; the general one first. */
export function codesOf(status: number): ErrorCode[] {
  return (Object.keys(ERROR_CODES) as ErrorCode[]).filter((code) => ERROR_CODES[code].status === status);
}

/** An error that a client sees: `message` says what was wrong, where, and what would be right; `code` is for programs. */
export class HanamiError extends Error {
  /** One of `ERROR_CODES`; a newer server may send others. */
  readonly code: string;

  constructor(
    /** HTTP status. */
    readonly status: number,
    message: string,
    code?: string,
  ) {
    super(message);
    this.name = new.target.name;
    this.code = code ?? codesOf(status)[0] ?? (status < 500 ? 'bad_request' : 'internal_error');
  }
}

/** Status 400: something in the input is wrong. */
export class BadRequest extends HanamiError {
  constructor(message: string, code?: CodeOf<400>) {
    super(400, message, code);
  }
}

/** Status 401: the caller may not do this. */
export class Unauthorized extends HanamiError {
  constructor(message: string, code?: CodeOf<401>) {
    super(401, message, code);
  }
}

/** Status 404: the resource does not exist, or is not visible to the caller. */
export class NotFound extends HanamiError {
  constructor(message: string, code?: CodeOf<404>) {
    super(404, message, code);
  }
}

/** Status 405: the path takes other methods. */
export class MethodNotAllowed extends HanamiError {
  constructor(message: string, code?: CodeOf<405>) {
    super(405, message, code);
  }
}

/** Status 409: the request conflicts with the present state. */
export class Conflict extends HanamiError {
  constructor(message: string, code?: CodeOf<409>) {
    super(409, message, code);
  }
}

/** Status 413: the server does not accept so many bytes. */
export class TooLarge extends HanamiError {
  constructor(message: string, code?: CodeOf<413>) {
    super(413, message, code);
  }
}

/** Status 429: too many calls, connections or failed logins. */
export class TooManyRequests extends HanamiError {
  /** @param retryAfter seconds after which to try again, where they are known. */
  constructor(
    message: string,
    code?: CodeOf<429>,
    readonly retryAfter?: number,
  ) {
    super(429, message, code);
  }
}

/** Status 500: a fault of the server. */
export class InternalServerError extends HanamiError {
  constructor(message = 'internal error', code?: CodeOf<500>) {
    super(500, message, code);
  }
}

/** Status 503: temporarily not possible. */
export class Unavailable extends HanamiError {
  constructor(message: string, code?: CodeOf<503>) {
    super(503, message, code);
  }
}

/** Status 507: the disk or the memory of the server is full. */
export class InsufficientStorage extends HanamiError {
  constructor(message: string, code?: CodeOf<507>) {
    super(507, message, code);
  }
}

const CLASSES = {
  400: BadRequest,
  401: Unauthorized,
  404: NotFound,
  405: MethodNotAllowed,
  409: Conflict,
  413: TooLarge,
  429: TooManyRequests,
  500: InternalServerError,
  503: Unavailable,
  507: InsufficientStorage,
} as const;

/** Creates the error of an HTTP status. @param code from the server; default: the general code of the status. */
export function errorForStatus(status: number, message: string, code?: string): HanamiError {
  const Known = (CLASSES as Record<number, new (message: string, code?: never) => HanamiError>)[status];
  return Known ? new Known(message, code as never) : new HanamiError(status, message, code);
}
