(function () {
  const figure = document.querySelector(".figure"), svg = figure && figure.querySelector("svg");
  if (!svg) return;
  const data = JSON.parse(document.getElementById("series").textContent);
  const tip = figure.querySelector(".tip"), hair = figure.querySelector(".hair");
  const shown = (value, unit) => {
    if (value === null) return "–";
    if (unit !== "s") return value.toLocaleString("en") + (unit === "per s" ? " /s" : "");
    return value < 1 ? Math.round(value * 1000) + " ms" : value.toFixed(2) + " s";
  };
  const row = (name, text) => {
    const div = document.createElement("div");
    for (const part of [name, text]) div.appendChild(document.createElement("span")).textContent = part;
    tip.appendChild(div);
  };
  const hide = () => { tip.style.display = hair.style.display = "none"; };
  figure.addEventListener("pointerleave", hide);
  figure.addEventListener("pointermove", (event) => {
    const box = svg.getBoundingClientRect(), scale = box.width / data.width;
    const x = event.clientX - box.left, from = data.left * scale, to = data.right * scale;
    if (x < from || x > to) return hide();
    const bin = Math.min(data.bins - 1, Math.floor((x - from) / (to - from) * data.bins));
    tip.textContent = "";
    tip.appendChild(document.createElement("b")).textContent = "at " + (bin * data.bin_s).toFixed(1) + " s";
    for (const panel of data.panels) {
      tip.appendChild(document.createElement("b")).textContent = panel.title;
      for (const line of panel.lines) row(line.name, shown(line.values[bin], panel.unit));
    }
    hair.style.display = tip.style.display = "block";
    hair.style.left = x + "px";
    tip.style.left = (x + 16 + tip.offsetWidth > box.width ? x - 16 - tip.offsetWidth : x + 16) + "px";
    tip.style.top = "28px";
  });
})();
