import { Button, Stack, Text } from '@mantine/core';
import { type PointerEvent, useRef } from 'react';
import { texts } from '../texts.ts';
import { asMnist } from './mnist-picture.ts';

/** Pixels of a side, and of the pen. */
const SIDE = 280;
const PEN = 18;

/** Milliseconds between two tellings while a stroke is drawn. */
const TELL_MS = 100;

/** What is drawn is read again and again. */
const contextOf = (canvas: HTMLCanvasElement | null): CanvasRenderingContext2D | null | undefined =>
  canvas?.getContext('2d', { willReadFrequently: true });

/** A canvas to draw a digit on; what is drawn is told while it is drawn, as MNIST has its pictures. */
export function DigitCanvas({ onPicture, onClear }: { readonly onPicture: (picture: Float32Array) => void; readonly onClear: () => void }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const last = useRef<{ x: number; y: number }>(undefined);
  const told = useRef(0);
  const tell = (): void => {
    const image = contextOf(canvas.current)?.getImageData(0, 0, SIDE, SIDE);
    const picture = image && asMnist(image.data, SIDE);
    if (picture) onPicture(picture);
  };
  const draw = (event: PointerEvent<HTMLCanvasElement>): void => {
    const context = contextOf(canvas.current);
    if (!context || event.buttons === 0) {
      last.current = undefined;
      return;
    }
    const box = event.currentTarget.getBoundingClientRect();
    const at = { x: ((event.clientX - box.left) * SIDE) / box.width, y: ((event.clientY - box.top) * SIDE) / box.height };
    context.lineWidth = PEN;
    context.lineCap = 'round';
    context.strokeStyle = 'white';
    context.beginPath();
    context.moveTo(last.current?.x ?? at.x, last.current?.y ?? at.y);
    context.lineTo(at.x, at.y);
    context.stroke();
    last.current = at;
    const now = performance.now();
    if (now - told.current < TELL_MS) return;
    told.current = now;
    tell();
  };
  const end = (): void => {
    last.current = undefined;
    tell();
  };
  const clear = (): void => {
    contextOf(canvas.current)?.clearRect(0, 0, SIDE, SIDE);
    onClear();
  };
  return (
    <Stack align="flex-start">
      <Text>{texts.ask.draw}</Text>
      <canvas
        ref={canvas}
        width={SIDE}
        height={SIDE}
        role="img"
        aria-label={texts.ask.draw}
        style={{ background: 'black', borderRadius: 6, touchAction: 'none', cursor: 'crosshair' }}
        onPointerDown={(event) => {
          // A stroke may end outside.
          event.currentTarget.setPointerCapture(event.pointerId);
          draw(event);
        }}
        onPointerMove={draw}
        onPointerUp={end}
        onPointerCancel={end}
      />
      <Button variant="default" size="xs" onClick={clear}>
        {texts.ask.clear}
      </Button>
    </Stack>
  );
}
