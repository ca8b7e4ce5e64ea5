(() => {
  const form = document.getElementById("filters");
  const count = document.getElementById("count");
  const plain = (text) => text.toLowerCase().normalize("NFC");
  const cards = [...document.querySelectorAll("article")].map((card) => ({
    card,
    text: plain(card.textContent + " " + card.dataset.keywords),
  }));
  const has = (card, key, value) => !value || card.dataset[key].split(" ").includes(value);
  const apply = () => {
    const wanted = Object.fromEntries(new FormData(form));
    const words = plain(wanted.search).split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const { card, text } of cards) {
      const fits = words.every((word) => text.includes(word)) &&
        ["area", "tier", "tool", "language"].every((key) => has(card, key, wanted[key]));
      card.hidden = !fits;
      shown += fits;
    }
    count.textContent = shown === 0
      ? "No skill fits. Try fewer words, or start again."
      : shown === 1 ? "1 skill" : `${shown} skills`;
  };
  form.addEventListener("input", apply);
  form.addEventListener("reset", () => setTimeout(apply));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  apply();
})();
