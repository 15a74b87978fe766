;; Exists after the compiler: it reaches into the compiler's memory and its table of references.
;; recorder.py says what this is for.
(module
  (import "compiler" "memory" (memory $compiler 1))
  (import "compiler" "__wbindgen_externrefs" (table $references 1 externref))
  (import "compiler" "__externref_table_dealloc" (func $free (param i32)))
  (import "recorder" "is_text" (func $is_text (param i32) (result i32)))
  (import "recorder" "texts" (memory $texts 1))
  (import "recorder" "attached" (table $attached 2 funcref))
  (import "recorder" "first" (global $first (mut i32)))
  (import "recorder" "records" (global $records (mut i32)))
  (import "recorder" "end" (global $end (mut i32)))
  (elem (table $attached) (i32.const 0) func $copy $fill)

  ;; Append a text in the compiler's memory to $texts.
  (func $copy (param $address i32) (param $length i32)
    (local $end i32)
    (local $missing i32)
    (local.set $end (i32.add (global.get $end) (local.get $length)))
    (local.set $missing
      (i32.sub (i32.shr_u (i32.add (local.get $end) (i32.const 65535)) (i32.const 16)) (memory.size $texts)))
    (if (i32.gt_s (local.get $missing) (i32.const 0))
      (then
        (if (i32.eq (memory.grow $texts (local.get $missing)) (i32.const -1)) (then unreachable))))
    (memory.copy $texts $compiler (global.get $end) (local.get $address) (local.get $length))
    (global.set $end (local.get $end)))

  ;; Put the constants where the compiler expects them: undefined, null (both no reference), true, false.
  (func $fill
    (local $base i32)
    (local.set $base (table.grow $references (ref.null extern) (i32.const 4)))
    (table.set $references (i32.add (local.get $base) (i32.const 2)) (extern.convert_any (ref.i31 (i32.const 1))))
    (table.set $references (i32.add (local.get $base) (i32.const 3)) (extern.convert_any (ref.i31 (i32.const 2)))))

  ;; Free the slot of a result; returns the result's number, how many records there are, and the length of $texts.
  (func (export "take") (param $slot i32) (result i32 i32 i32)
    (i31.get_u (ref.cast (ref i31) (any.convert_extern (table.get $references (local.get $slot)))))
    (call $free (local.get $slot))
    (global.get $records)
    (global.get $end))

  ;; The compiler holds on to the names of its own structures for all its life. Whatever it still refers to after a
  ;; compilation moves before the log: it gets the next number there, in place of the one that is written to $texts.
  (func (export "keep") (result i32)
    (local $slot i32)
    (local $reference anyref)
    (local $number i32)
    (local $kept i32)
    (loop $slots
      (local.set $reference (any.convert_extern (table.get $references (local.get $slot))))
      (if (ref.test (ref i31) (local.get $reference))
        (then
          (local.set $number (i31.get_u (ref.cast (ref i31) (local.get $reference))))
          (if (i32.ge_u (local.get $number) (global.get $first))
            (then
              (if (i32.eqz (call $is_text (local.get $number))) (then unreachable))
              (i32.store $texts (i32.mul (local.get $kept) (i32.const 4)) (local.get $number))
              (table.set $references (local.get $slot)
                (extern.convert_any (ref.i31 (i32.add (global.get $first) (local.get $kept)))))
              (local.set $kept (i32.add (local.get $kept) (i32.const 1)))))))
      (local.set $slot (i32.add (local.get $slot) (i32.const 1)))
      (br_if $slots (i32.lt_u (local.get $slot) (table.size $references))))
    (global.set $first (i32.add (global.get $first) (local.get $kept)))
    (global.set $records (i32.const 0))
    (local.get $kept)))
