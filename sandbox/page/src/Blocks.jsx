import { memo, useLayoutEffect, useRef, useState } from "react";
import { Message } from "slack-blocks-to-jsx";
import { Confirm } from "./Confirm.jsx";
import { exact, reveal } from "./exact.js";
import { useScheme } from "./scheme.js";

const hooks = {
  link: ({ href, children, className }) =>
    /^(https?|mailto|tel):/.test(href) ? (
      <a href={href} className={className} target="_blank" rel="noreferrer noopener">{children}</a>
    ) : (
      <span>{children}</span>
    ),
};

// What was hidden from the renderer comes back, and ids, which repeat from message to message, become data.
function finish(root) {
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const shown = reveal(texts.currentNode.nodeValue);
    if (shown !== texts.currentNode.nodeValue) texts.currentNode.nodeValue = shown;
  }
  for (const one of root.querySelectorAll("[id]")) {
    if (one.id === "slack_blocks_to_jsx") continue;
    one.dataset.id = one.id;
    one.removeAttribute("id");
  }
}

const Drawn = memo(function Drawn({ blocks, names, scheme }) {
  return (
    <Message blocks={exact(blocks)} name="" logo="" theme={scheme} withoutWrapper data={names} hooks={hooks} />
  );
});

/** The blocks exactly as the app sent them; `onPress(block, element)` when a button is pressed. */
export function Blocks({ blocks, names, onPress, busy }) {
  const root = useRef(null);
  const scheme = useScheme();
  const [asking, setAsking] = useState(null);
  useLayoutEffect(() => finish(root.current));
  useLayoutEffect(() => {
    for (const button of root.current.querySelectorAll("button[data-id]")) button.disabled = Boolean(busy);
  });
  const press = (event) => {
    const button = event.target.closest("button[data-id]");
    if (!button) return;
    event.stopPropagation();
    const found = blocks.find((block) => button.closest(`[data-id="${CSS.escape(block.block_id)}"]`));
    const elements = [...(found?.elements ?? []), found?.accessory].filter(Boolean);
    const element = elements.find((one) => one.action_id === button.dataset.id);
    if (!element) return;
    if (element.confirm) setAsking({ found, element });
    else onPress?.(found, element);
  };
  const answer = (sure) => {
    setAsking(null);
    if (sure) onPress?.(asking.found, asking.element);
  };
  return (
    <>
      <div className="blocks" ref={root} onClickCapture={press}>
        <Drawn key={`${scheme}${JSON.stringify(blocks)}`} blocks={blocks} names={names} scheme={scheme} />
      </div>
      {asking && <Confirm asks={asking.element.confirm} onAnswer={answer} />}
    </>
  );
}
