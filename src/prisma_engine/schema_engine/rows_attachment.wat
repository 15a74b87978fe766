;; Exists after the engine: it writes to the engine's memory. rows.py says what this is for.
(module
  (import "engine" "memory" (memory $engine 1))
  (import "engine" "__wbindgen_malloc" (func $allocate (param i32 i32) (result i32)))
  (import "rows" "texts" (memory $texts 1))
  (import "rows" "attached" (table $attached 3 funcref))
  (elem (table $attached) (i32.const 0) func $return_text $return_number $return_nothing)

  ;; Copy a text to a place of its own, and write to the address where that is and how long it is.
  (func $return_text (param $address i32) (param $source i32) (param $length i32)
    (local $target i32)
    (local.set $target (call $allocate (local.get $length) (i32.const 1)))
    (memory.copy $engine $texts (local.get $target) (local.get $source) (local.get $length))
    (i32.store $engine (local.get $address) (local.get $target))
    (i32.store $engine offset=4 (local.get $address) (local.get $length)))

  ;; Write whether there is a number, and the number.
  (func $return_number (param $address i32) (param $is_known i32) (param $number f64)
    (i32.store $engine (local.get $address) (local.get $is_known))
    (f64.store $engine offset=8 (local.get $address) (local.get $number)))

  ;; Write that there is no text.
  (func $return_nothing (param $address i32)
    (i32.store $engine (local.get $address) (i32.const 0))))
