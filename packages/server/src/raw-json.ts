/** An answer that is JSON text already: what grows with data is made text beside the main thread. */
export class RawJson {
  constructor(readonly text: Uint8Array) {}
}
