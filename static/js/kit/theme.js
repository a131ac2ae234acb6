// The reader's choice of colours, set before the first paint.
(() => {
  const { dataset } = document.documentElement;
  try { dataset.theme = localStorage.getItem("gavel-theme") || "system"; } catch { /* storage may be forbidden: the choice holds for this page */ }
  document.addEventListener("DOMContentLoaded", () => {
    const radio = document.getElementById(`theme-${dataset.theme}`);
    if (radio) radio.checked = true;
  });
  document.addEventListener("change", ({ target }) => {
    if (target.name !== "theme") return;
    dataset.theme = target.id.slice("theme-".length);
    try { localStorage.setItem("gavel-theme", dataset.theme); } catch { /* likewise */ }
  });
})();
