import { Box, Button, Stack, Text } from '@mantine/core';
import { type KeyboardEvent, type PointerEvent, useRef, useState } from 'react';
import { texts } from '../texts.ts';
import { asMnist } from './mnist-picture.ts';

/** Pixels of a side, and of the pen. */
const SIDE = 280;
const PEN = 18;
/** Pixels that an arrow key moves the pen. */
const STEP = 14;
const ARROWS: Readonly<Record<string, readonly [x: number, y: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

interface Place {
  readonly x: number;
  readonly y: number;
}

/** Milliseconds between two tellings while a stroke is drawn. */
const TELL_MS = 100;

/** What is drawn is read again and again. */
const contextOf = (canvas: HTMLCanvasElement | null): CanvasRenderingContext2D | null | undefined =>
  canvas?.getContext('2d', { willReadFrequently: true });

/** A canvas to draw a digit on; what is drawn is told while it is drawn, as MNIST has its pictures. */
export function DigitCanvas({ onPicture, onClear }: { readonly onPicture: (picture: Float32Array) => void; readonly onClear: () => void }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const last = useRef<Place>(undefined);
  /** Where the arrow keys have the pen. */
  const [pen, setPen] = useState<Place>({ x: SIDE / 2, y: SIDE / 4 });
  const [hasFocus, setFocus] = useState(false);
  const told = useRef(0);
  const tell = (): void => {
    const image = contextOf(canvas.current)?.getImageData(0, 0, SIDE, SIDE);
    const picture = image && asMnist(image.data, SIDE);
    if (picture) onPicture(picture);
  };
  const line = (from: Place, to: Place): void => {
    const context = contextOf(canvas.current);
    if (!context) return;
    context.lineWidth = PEN;
    context.lineCap = 'round';
    context.strokeStyle = 'white';
    context.beginPath();
    context.moveTo(from.x, from.y);
    context.lineTo(to.x, to.y);
    context.stroke();
  };
  const draw = (event: PointerEvent<HTMLCanvasElement>): void => {
    if (event.buttons === 0) {
      last.current = undefined;
      return;
    }
    const box = event.currentTarget.getBoundingClientRect();
    const at = { x: ((event.clientX - box.left) * SIDE) / box.width, y: ((event.clientY - box.top) * SIDE) / box.height };
    line(last.current ?? at, at);
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
  const press = (event: KeyboardEvent): void => {
    const way = ARROWS[event.key];
    if (!way) return;
    event.preventDefault();
    const inside = (value: number): number => Math.min(SIDE - PEN, Math.max(PEN, value));
    const next = { x: inside(pen.x + STEP * way[0]), y: inside(pen.y + STEP * way[1]) };
    setPen(next);
    if (event.shiftKey) return;
    line(pen, next);
    tell();
  };
  const clear = (): void => {
    contextOf(canvas.current)?.clearRect(0, 0, SIDE, SIDE);
    onClear();
  };
  return (
    <Stack align="flex-start">
      <Text>{texts.ask.draw}</Text>
      <Box
        pos="relative"
        lh={0}
        tabIndex={0}
        role="application"
        aria-label={texts.ask.draw}
        aria-describedby="how-to-draw"
        onFocus={() => setFocus(true)}
        onBlur={() => setFocus(false)}
        onKeyDown={press}
      >
        <canvas
          ref={canvas}
          width={SIDE}
          height={SIDE}
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
        {hasFocus && (
          <Box
            pos="absolute"
            left={pen.x - PEN / 2}
            top={pen.y - PEN / 2}
            w={PEN}
            h={PEN}
            style={{ border: '2px solid orange', borderRadius: '50%', pointerEvents: 'none' }}
          />
        )}
      </Box>
      <Text id="how-to-draw" size="sm" c="dimmed">
        {texts.ask.drawByKeys}
      </Text>
      <Button variant="default" size="xs" onClick={clear}>
        {texts.ask.clear}
      </Button>
    </Stack>
  );
}
