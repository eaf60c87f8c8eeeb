; Two tasks of one thread, and the mathematics library: arguments are { i32 n, float* data }.
target triple = "x86_64-pc-linux-gnu"

%context = type { i8*, i8*, i32, i64* }

@scale = private unnamed_addr constant [2 x float] [float 2.0, float 3.0], align 4

define void @double_first(%context* %c) {
entry:
  %factor = load float, float* getelementptr inbounds ([2 x float], [2 x float]* @scale, i64 0, i64 0), align 4
  %data = call fastcc float* @data_of(%context* %c)
  %old = load float, float* %data, align 4
  %new = fmul float %old, %factor
  store float %new, float* %data, align 4
  ret void
}

define void @sine_of_second(%context* %c) {
entry:
  %data = call fastcc float* @data_of(%context* %c)
  %second = getelementptr float, float* %data, i64 1
  %old = load float, float* %second, align 4
  %new = call float @sinf(float %old)
  store float %new, float* %second, align 4
  ret void
}

define internal fastcc float* @data_of(%context* %c) #0 {
  %field = bitcast %context* %c to { i32, float* }**
  %args = load { i32, float* }*, { i32, float* }** %field, align 8
  %place = getelementptr { i32, float* }, { i32, float* }* %args, i64 0, i32 1
  %data = load float*, float** %place, align 8
  ret float* %data
}

declare float @sinf(float)

attributes #0 = { noinline "target-cpu"="x86-64" "target-features"="+sse2" "frame-pointer"="all" }
