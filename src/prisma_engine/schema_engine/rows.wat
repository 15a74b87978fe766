;; Exists before the engine; every export with a hash in its name is the engine's import of that name, and asks the
;; host's function of that name about everything that is no cell. rows.py says what this is for.
(module
  (import "host" "get" (func $host_get (param externref externref) (result externref i32)))
  (import "host" "__wbg_get_7bed016f185add81" (func $host_item (param externref i32) (result externref)))
  (import "host" "__wbg_isArray_96e0af9891d0945d" (func $host_is_array (param externref) (result i32)))
  (import "host" "__wbg_length_cdd215e10d9dd507" (func $host_length (param externref) (result i32)))
  (import "host" "__wbg_isSafeInteger_d216eda7911dde36" (func $host_is_safe_integer (param externref) (result i32)))
  (import "host" "__wbg___wbindgen_is_undefined_2d472862bd29a478"
    (func $host_is_undefined (param externref) (result i32)))
  (import "host" "__wbg___wbindgen_is_bigint_cb320707dcd35f0b" (func $host_is_bigint (param externref) (result i32)))
  (import "host" "__wbg___wbindgen_jsval_loose_eq_b664b38a2f582147"
    (func $host_loose_eq (param externref externref) (result i32)))
  (import "host" "__wbg___wbindgen_boolean_get_6d5a1ee65bab5f68"
    (func $host_boolean_get (param externref) (result i32)))
  (import "host" "__wbg___wbindgen_number_get_a20bf9b85341449d" (func $host_number_get (param i32 externref)))
  (import "host" "__wbg___wbindgen_string_get_e4f06c90489ad01b" (func $host_string_get (param i32 externref)))

  ;; Kinds of cells, as in rows.py; a cell takes 16 bytes: its kind, a second number, and 8 bytes more.
  (global $NULL i32 (i32.const 0))
  (global $BOOLEAN i32 (i32.const 1))  ;; 0 or 1
  (global $NUMBER i32 (i32.const 2))   ;; -, the number
  (global $TEXT i32 (i32.const 3))     ;; length, address in the other memory
  (global $ARRAY i32 (i32.const 4))    ;; length, number of the first cell

  (memory $cells (export "cells") 1)
  (memory (export "texts") 1)

  ;; Filled by the attachment: they write to the engine's memory.
  (table $attached (export "attached") 3 funcref)
  (type $return_text (func (param i32 i32 i32)))
  (type $return_number (func (param i32 i32 f64)))
  (type $return_nothing (func (param i32)))

  ;; Where a cell begins, -1 for all other values.
  (func $place (param $value externref) (result i32)
    (local $reference anyref)
    (local.set $reference (any.convert_extern (local.get $value)))
    (if (result i32) (ref.test (ref i31) (local.get $reference))
      (then (i32.shl (i31.get_u (ref.cast (ref i31) (local.get $reference))) (i32.const 4)))
      (else (i32.const -1))))

  (func $is_cell (param $place i32) (result i32) (i32.ne (local.get $place) (i32.const -1)))

  (func $has_kind (param $place i32) (param $kind i32) (result i32)
    (i32.eq (i32.load $cells (local.get $place)) (local.get $kind)))

  (func $second (param $place i32) (result i32) (i32.load $cells offset=4 (local.get $place)))

  (func $number (param $place i32) (result f64) (f64.load $cells offset=8 (local.get $place)))

  ;; value[key]: the host says which cell the value is, where it is one
  (func (export "__wbg_get_with_ref_key_1dc361bd10053bfe")
    (param $value externref) (param $key externref) (result externref)
    (local $cell i32)
    (call $host_get (local.get $value) (local.get $key))
    (local.set $cell)
    (if (param externref) (result externref) (i32.ge_s (local.get $cell) (i32.const 0))
      (then (drop) (extern.convert_any (ref.i31 (local.get $cell))))
      (else)))

  ;; array[index]; null is no cell
  (func (export "__wbg_get_7bed016f185add81") (param $array externref) (param $index i32) (result externref)
    (local $place i32)
    (local $cell i32)
    (local.set $place (call $place (local.get $array)))
    (if (i32.eqz (call $is_cell (local.get $place)))
      (then (return (call $host_item (local.get $array) (local.get $index)))))
    (if (i32.ge_u (local.get $index) (call $second (local.get $place)))
      (then (unreachable)))
    (local.set $cell (i32.add (i32.load $cells offset=8 (local.get $place)) (local.get $index)))
    (if (result externref) (call $has_kind (i32.shl (local.get $cell) (i32.const 4)) (global.get $NULL))
      (then (ref.null extern))
      (else (extern.convert_any (ref.i31 (local.get $cell))))))

  (func (export "__wbg_length_cdd215e10d9dd507") (param $array externref) (result i32)
    (local $place i32)
    (local.set $place (call $place (local.get $array)))
    (if (result i32) (call $is_cell (local.get $place))
      (then (call $second (local.get $place)))
      (else (call $host_length (local.get $array)))))

  (func (export "__wbg_isArray_96e0af9891d0945d") (param $value externref) (result i32)
    (local $place i32)
    (local.set $place (call $place (local.get $value)))
    (if (result i32) (call $is_cell (local.get $place))
      (then (call $has_kind (local.get $place) (global.get $ARRAY)))
      (else (call $host_is_array (local.get $value)))))

  (func (export "__wbg_isSafeInteger_d216eda7911dde36") (param $value externref) (result i32)
    (local $place i32)
    (local $number f64)
    (local.set $place (call $place (local.get $value)))
    (if (i32.eqz (call $is_cell (local.get $place)))
      (then (return (call $host_is_safe_integer (local.get $value)))))
    (if (i32.eqz (call $has_kind (local.get $place) (global.get $NUMBER)))
      (then (return (i32.const 0))))
    (local.set $number (call $number (local.get $place)))
    (i32.and
      (f64.eq (f64.trunc (local.get $number)) (local.get $number))
      (f64.le (f64.abs (local.get $number)) (f64.const 9007199254740991))))

  (func (export "__wbg___wbindgen_is_undefined_2d472862bd29a478") (param $value externref) (result i32)
    (if (result i32) (call $is_cell (call $place (local.get $value)))
      (then (i32.const 0))
      (else (call $host_is_undefined (local.get $value)))))

  (func (export "__wbg___wbindgen_is_bigint_cb320707dcd35f0b") (param $value externref) (result i32)
    (if (result i32) (call $is_cell (call $place (local.get $value)))
      (then (i32.const 0))
      (else (call $host_is_bigint (local.get $value)))))

  ;; Cells are compared with null only, and are not null; that of a null is null itself.
  (func (export "__wbg___wbindgen_jsval_loose_eq_b664b38a2f582147")
    (param $left externref) (param $right externref) (result i32)
    (if (i32.and (ref.is_null (local.get $left)) (ref.is_null (local.get $right)))
      (then (return (i32.const 1))))
    (if (result i32) (call $is_cell (call $place (local.get $left)))
      (then
        (if (i32.eqz (ref.is_null (local.get $right))) (then (unreachable)))
        (i32.const 0))
      (else (call $host_loose_eq (local.get $left) (local.get $right)))))

  (func (export "__wbg___wbindgen_boolean_get_6d5a1ee65bab5f68") (param $value externref) (result i32)
    (local $place i32)
    (local.set $place (call $place (local.get $value)))
    (if (i32.eqz (call $is_cell (local.get $place)))
      (then (return (call $host_boolean_get (local.get $value)))))
    (if (result i32) (call $has_kind (local.get $place) (global.get $BOOLEAN))
      (then (call $second (local.get $place)))
      (else (i32.const 0xFFFFFF))))

  (func (export "__wbg___wbindgen_number_get_a20bf9b85341449d") (param $address i32) (param $value externref)
    (local $place i32)
    (local.set $place (call $place (local.get $value)))
    (if (i32.eqz (call $is_cell (local.get $place)))
      (then (return (call $host_number_get (local.get $address) (local.get $value)))))
    (call_indirect $attached (type $return_number)
      (local.get $address)
      (call $has_kind (local.get $place) (global.get $NUMBER))
      (call $number (local.get $place))
      (i32.const 1)))

  (func (export "__wbg___wbindgen_string_get_e4f06c90489ad01b") (param $address i32) (param $value externref)
    (local $place i32)
    (local.set $place (call $place (local.get $value)))
    (if (i32.eqz (call $is_cell (local.get $place)))
      (then (return (call $host_string_get (local.get $address) (local.get $value)))))
    (if (call $has_kind (local.get $place) (global.get $TEXT))
      (then
        (call_indirect $attached (type $return_text)
          (local.get $address)
          (i32.load $cells offset=8 (local.get $place))
          (call $second (local.get $place))
          (i32.const 0)))
      (else
        (call_indirect $attached (type $return_nothing) (local.get $address) (i32.const 2))))))
