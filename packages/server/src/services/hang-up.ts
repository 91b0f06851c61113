/** Closes a connection, saying why. */
export type HangUp = (reason: string) => void;
