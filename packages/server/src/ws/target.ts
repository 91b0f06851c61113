/** Handles the messages of a connection, one after the other. */
export interface Target {
  receive(message: Buffer): Promise<readonly Uint8Array[] | Closing>;
  close(): Promise<void>;
}

/** Closes a connection, with the websocket's code and a reason. */
export interface Closing {
  readonly code: number;
  readonly reason: string;
}
