import { useEffect, useRef } from 'react';

/** Whether so many values are taken for a square picture. */
export const isPicture = (width: number): boolean => width > 16 && Number.isInteger(Math.sqrt(width));

/** A square picture of grey values. */
export function Picture({ values, label }: { readonly values: readonly number[]; readonly label: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const side = Math.round(Math.sqrt(values.length));
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context) return;
    const most = Math.max(...values, 1);
    const image = context.createImageData(side, side);
    for (const [i, value] of values.entries())
      image.data.set([255, 255, 255, 0].fill(255 - Math.round((255 * value) / most), 0, 3).with(3, 255), 4 * i);
    context.putImageData(image, 0, 0);
  }, [values, side]);
  return (
    <canvas
      ref={canvas}
      width={side}
      height={side}
      role="img"
      aria-label={label}
      style={{ width: 48, height: 48, imageRendering: 'pixelated', borderRadius: 3 }}
    />
  );
}
