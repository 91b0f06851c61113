import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';

const { document } = parseHTML('<html><body></body></html>');

export const BLUE = '#2b6cb0';
export const RED = '#c05621';
export const GREY = '#a0aec0';

/** A plot as the text of an SVG file, on white so that it can be read on dark pages too. Coordinates keep a tenth of a pixel. */
export function svg(options: Plot.PlotOptions): string {
  const plot = Plot.plot({
    document: document as unknown as Document,
    width: 720,
    style: { background: 'white', color: '#1a202c' },
    ...options,
  });
  plot.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  return plot.outerHTML.replace(/\d+\.\d{2,}/g, (number) => String(Math.round(Number(number) * 10) / 10));
}

/** Options of a drawing without axes: x and y in pixels, y downwards. */
export function sketch(width: number, height: number): Plot.PlotOptions {
  return {
    width,
    height,
    margin: 0,
    x: { domain: [0, width], range: [0, width], axis: null },
    y: { domain: [0, height], range: [0, height], axis: null },
  };
}
