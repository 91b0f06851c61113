// What the page and its worker say to each other.

/** A template of the playground: pictures come in on the left, digits go out on the right. */
export const TEMPLATE = `version: 1
hexagons:
    1,1,1
    2,1,1
    3,1,1
inputs:
    picture: 1,1,1
outputs:
    digit: 3,1,1
`;

export type ToWorker =
  | { readonly kind: 'train' | 'stop' }
  /** A new network; what was learnt by another one is of no interest any more. */
  | { readonly kind: 'anew'; readonly network: number }
  /** 784 grey values from 0 to 255. */
  | { readonly kind: 'ask'; readonly picture: Float32Array };

export type FromWorker =
  | {
      readonly kind: 'grown';
      /** Which network. */
      readonly network: number;
      /** Rows learnt so far. */
      readonly rows: number;
      /** Of 1,000 digits that are never learnt, from 0 to 1. */
      readonly accuracy: number;
      readonly hexagons: readonly { readonly x: number; readonly y: number; readonly z: number; readonly neurons: number }[];
      readonly rowsPerSecond: number;
    }
  /** It has learnt enough. */
  | { readonly kind: 'rested' }
  | { readonly kind: 'answer'; readonly answers: readonly number[] };
