/** An error that a client sees: `message` says what was wrong, where, and what would be right. */
export class HanamiError extends Error {
  constructor(
    /** HTTP status. */
    readonly status: number,
    message: string,
  ) {
    super(message);
    this.name = new.target.name;
  }
}

export class BadRequest extends HanamiError {
  constructor(message: string) {
    super(400, message);
  }
}

export class Unauthorized extends HanamiError {
  constructor(message: string) {
    super(401, message);
  }
}

export class NotFound extends HanamiError {
  constructor(message: string) {
    super(404, message);
  }
}

export class MethodNotAllowed extends HanamiError {
  constructor(message: string) {
    super(405, message);
  }
}

export class Conflict extends HanamiError {
  constructor(message: string) {
    super(409, message);
  }
}

export class TooLarge extends HanamiError {
  constructor(message: string) {
    super(413, message);
  }
}

export class TooManyRequests extends HanamiError {
  constructor(
    message: string,
    /** Seconds after which to try again, where they are known. */
    readonly retryAfter?: number,
  ) {
    super(429, message);
  }
}

export class InternalServerError extends HanamiError {
  constructor(message = 'internal error') {
    super(500, message);
  }
}

export class InsufficientStorage extends HanamiError {
  constructor(message: string) {
    super(507, message);
  }
}

const byStatus = new Map<number, new (message: string) => HanamiError>([
  [400, BadRequest],
  [401, Unauthorized],
  [404, NotFound],
  [405, MethodNotAllowed],
  [409, Conflict],
  [413, TooLarge],
  [429, TooManyRequests],
  [500, InternalServerError],
  [507, InsufficientStorage],
]);

/** The error that stands for an HTTP status. */
export function errorForStatus(status: number, message: string): HanamiError {
  const Known = byStatus.get(status);
  return Known ? new Known(message) : new HanamiError(status, message);
}
