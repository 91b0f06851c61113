// How high charts are, known before they are loaded.

/** A live curve, with its legend. */
export const CURVE = { plot: 200, all: 234 } as const;

/** Classes of a confusion matrix that are drawn; of more the first ones. */
export const MOST_CLASSES = 30;

/** Width and height of a confusion matrix, and height with the line above it. */
export function confusionSize(classes: number): { readonly width: number; readonly height: number; readonly all: number } {
  const side = Math.max(160, Math.min(460, 60 + Math.min(classes, MOST_CLASSES) * 44));
  const height = Math.max(140, side - 40);
  return { width: side + 60, height, all: height + 26 };
}
