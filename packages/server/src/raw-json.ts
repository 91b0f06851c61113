/** A response that is JSON text already: large ones are serialized outside of the main thread. */
export class RawJson {
  constructor(readonly text: Uint8Array) {}
}
