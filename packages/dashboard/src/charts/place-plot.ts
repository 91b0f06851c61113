import { type DependencyList, type RefObject, useEffect, useRef } from 'react';

/** Puts a plot into an element, and another one when `changes` change. */
export function usePlot(make: () => SVGSVGElement | HTMLElement, changes: DependencyList): RefObject<HTMLDivElement | null> {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const plot = make();
    plot.style.setProperty('background', 'transparent');
    plot.style.setProperty('max-width', '100%');
    // One with buttons in it is more than a picture.
    plot.setAttribute('role', plot.querySelector('[role=button]') ? 'group' : 'img');
    // Groups of marks have no role of their own, so they must not have a name either.
    for (const group of plot.querySelectorAll('g[aria-label]')) group.removeAttribute('aria-label');
    place.current?.replaceChildren(plot);
    return () => plot.remove();
    // biome-ignore lint/correctness/useExhaustiveDependencies: the caller knows what a plot is made from.
  }, changes);
  return place;
}
