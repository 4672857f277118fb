// Fetches what changes every two seconds, while somebody looks. Without it the page loads itself anew.
(function () {
  "use strict";
  var every = 2000, all = document.getElementById("all"), late = document.getElementById("late"), shown = new Date();
  function later() { setTimeout(turn, every); }
  function turn() {
    if (document.hidden || String(getSelection())) { // nobody looks, or somebody is copying something
      return later();
    }
    fetch("body", { cache: "no-store", credentials: "same-origin", redirect: "error" }).then(function (r) {
      if (r.status === 401) { location.reload(); }
      if (!r.ok) { throw new Error(r.status + " " + r.statusText); }
      return r.text();
    }).then(function (text) {
      all.innerHTML = text; // made by the same template as the page, with everything from users escaped
      shown = new Date();
      late.textContent = "";
    }).catch(function () {
      late.textContent = "The scheduler does not answer. This was its state at " + shown.toLocaleTimeString() + ".";
    }).then(later);
  }
  later();
})();
