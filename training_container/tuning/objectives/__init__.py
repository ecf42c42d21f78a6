"""One module for each training technique; `registry` names them."""
