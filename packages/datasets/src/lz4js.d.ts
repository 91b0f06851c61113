declare module 'lz4js' {
  /** Unpacks LZ4 frames. */
  export function decompress(bytes: Uint8Array): Uint8Array;
}
