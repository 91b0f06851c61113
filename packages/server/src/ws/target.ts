/** What a target does with a connection's messages. Messages come one after the other. */
export interface Target {
  receive(message: Buffer): Promise<readonly Uint8Array[] | Closing>;
  close(): Promise<void>;
}

/** The end of a connection, with the websocket's code and a reason. */
export interface Closing {
  readonly code: number;
  readonly reason: string;
}
