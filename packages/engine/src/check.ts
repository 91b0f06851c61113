// A template can be checked without a kernel: this is all that the export `@openhanami/engine/template` brings along.
import { arrange } from './layout.ts';
import { parseTemplate, type Template } from './template.ts';

export { neighbours } from './layout.ts';
export { DEFAULT_TEMPLATE, type Position, parseTemplate, type Template, TemplateError, type TemplateSettings } from './template.ts';

/** A template that a cluster can be made from. @throws TemplateError naming line and reason of the first fault. */
export function checkTemplate(text: string): Template {
  const template = parseTemplate(text);
  arrange(template);
  return template;
}
