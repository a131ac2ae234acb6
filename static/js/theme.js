// The reader's choice of colours, set before the first paint.
(() => {
  const root = document.documentElement;
  let chosen = null;
  try { chosen = localStorage.getItem("gavel-theme"); } catch { /* storage may be forbidden: the choice holds for this page */ }
  if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen;
  document.addEventListener("DOMContentLoaded", () => {
    const radio = document.getElementById(`theme-${root.dataset.theme || "system"}`);
    if (radio) radio.checked = true;
  });
  document.addEventListener("change", ({ target }) => {
    if (target.name !== "theme") return;
    const theme = target.id.slice("theme-".length);
    if (theme === "system") delete root.dataset.theme;
    else root.dataset.theme = theme;
    try { localStorage.setItem("gavel-theme", theme); } catch { /* likewise */ }
  });
})();
