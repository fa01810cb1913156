/**
 * No words for a person stand in the markup: they come from the catalogues in messages/, in every language.
 *
 * Not seen by this rule: texts in plain TypeScript. A key of the keyboard, a name or a format of files is the same in
 * every language.
 */
const SAME_EVERYWHERE = /^(Docket|CSV|JSON Lines|[a-z])$/;
/** Attributes that a person sees or hears. */
const SAID = new Set([
  'alt',
  'aria-description',
  'aria-label',
  'aria-roledescription',
  'label',
  'placeholder',
  'title',
]);

const isWords = (text) => /\p{L}/u.test(text) && !SAME_EVERYWHERE.test(text.trim());
/** Styles and scripts hold text that nobody reads. */
const isCode = ({ type }) => type === 'SvelteStyleElement' || type === 'SvelteScriptElement';

/** @type {import('eslint').Rule.RuleModule} */
export default {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      words: 'Take “{{text}}” from the catalogues in messages/: it is not in every language here.',
    },
  },
  create(context) {
    const tell = (node, text) => context.report({ node, messageId: 'words', data: { text: text.trim() } });
    /** A literal within `{…}` in the markup, such as the arms of a condition. */
    function literal(node) {
      if (!node) return;
      if (node.type === 'Literal' && typeof node.value === 'string' && isWords(node.value))
        tell(node, node.value);
      else if (node.type === 'TemplateLiteral')
        for (const quasi of node.quasis)
          if (isWords(quasi.value.cooked ?? '')) tell(quasi, quasi.value.cooked);
      if (node.type === 'ConditionalExpression') [node.consequent, node.alternate].forEach(literal);
      if (node.type === 'LogicalExpression') [node.left, node.right].forEach(literal);
    }
    return {
      SvelteText(node) {
        if (!isCode(node.parent) && isWords(node.value)) tell(node, node.value);
      },
      SvelteMustacheTag(node) {
        const said = node.parent.type !== 'SvelteAttribute' || SAID.has(node.parent.key.name);
        if (said && node.parent.type !== 'SvelteStyleDirective') literal(node.expression);
      },
      SvelteAttribute(node) {
        if (!SAID.has(node.key.name)) return;
        for (const part of node.value)
          if (part.type === 'SvelteLiteral' && isWords(part.value)) tell(part, part.value);
      },
    };
  },
};
